'use strict';
// Before each journey of the project eventstoredb: the log of every data folder lies on a test server (log-servers.ts).
process.env.WAYMARK_TEST_STORE = 'eventstoredb';
