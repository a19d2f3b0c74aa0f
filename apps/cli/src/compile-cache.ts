/** Imported before all the rest: Nodes from 22.8 on keep what they have compiled beside the program, so that the next command starts sooner. */
import * as nodeModule from 'node:module';
import { join } from 'node:path';

// Not where other users of the machine may write; where nobody may, Node does without and says nothing.
const { enableCompileCache } = nodeModule as { readonly enableCompileCache?: (folder: string) => unknown };
enableCompileCache?.(join(__dirname, '../../../.compile-cache'));
