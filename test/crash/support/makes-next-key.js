'use strict';
// A program that makes the master key of a rotation in a folder, and nothing else.
const { makeNextMasterKey } = require('../../../dist/libs/people/src/master-key.js');

makeNextMasterKey(process.argv[2]);
