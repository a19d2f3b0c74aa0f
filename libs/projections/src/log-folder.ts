/** Where the log is read from: the data folder itself, or the copy in it of a log that lies on a server. */
import { join } from 'node:path';

const COPY = 'log-copy';

export function logFolderOf({ folder, logServer }: { readonly folder: string; readonly logServer?: string }): string {
  return logServer === undefined ? folder : join(folder, COPY);
}
