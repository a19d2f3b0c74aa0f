'use strict';
// A program that puts all keys of a folder under a new master key, again and again, until it is killed.
// Standard output: `rotated` after each.
const { writeSync } = require('node:fs');
const { rotateMasterKey } = require('../../../dist/libs/people/src/index.js');

const [folder] = process.argv.slice(2);
for (;;) {
  rotateMasterKey({ folder });
  writeSync(1, 'rotated\n');
}
