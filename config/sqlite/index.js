'use strict';
// Release 13 comes built and is made of Node-API 10, which Node 20 does not have. Release 12 is compiled, and from Node 24.19 on
// Node's own header makes it abort when a statement is collected. So each Node gets the one that works there.
const NODE_API_OF_13 = 10;

module.exports = Number(process.versions.napi) >= NODE_API_OF_13 ? require('better-sqlite3-13') : release12();

function release12() {
  try {
    return require('better-sqlite3-12');
  } catch (fault) {
    if (fault.code !== 'MODULE_NOT_FOUND') throw fault;
    throw new Error(
      'The SQLite driver could not be compiled for this Node. Use Node 22.14 or later, or install python3, make and g++ and run npm ci again.',
      { cause: fault },
    );
  }
}
