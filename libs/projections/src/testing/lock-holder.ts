/** A process that takes a folder's lock and keeps it until it is killed. */
import { takeRunnerLock } from '../lock';

takeRunnerLock(process.argv[2]!, { address: 'the child' });
process.stdout.write('held\n');
setInterval(() => {}, 60_000);
