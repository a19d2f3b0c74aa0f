import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataFolderUnusable } from '@waymark/people';
import { fillDataFolder, readyDataFolder } from './data-folder';

let top: string;
beforeEach(() => (top = mkdtempSync(join(tmpdir(), 'waymark-folder-'))));
afterEach(() => {
  chmodSync(top, 0o700);
  rmSync(top, { recursive: true, force: true });
});

describe('the data folder', () => {
  it('is made with what is above it, for its owner alone, and is left as it is when it is there', () => {
    const folder = join(top, 'a/b');
    readyDataFolder(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(() => readyDataFolder(folder)).not.toThrow();
  });

  it('is not a file, nor below one', () => {
    const file = join(top, 'file');
    writeFileSync(file, '');
    for (const folder of [file, join(file, 'below')]) expect(() => readyDataFolder(folder)).toThrow(DataFolderUnusable);
  });

  const aside = existsSync('/proc/self') ? it : it.skip;
  aside('is refused where nothing can be made, instead of being tried for ever', () => {
    expect(() => readyDataFolder('/proc/waymark/data')).toThrow('WAYMARK_DATA');
  });

  const asUser = process.getuid?.() === 0 ? it.skip : it;
  asUser('is refused when it cannot be written', () => {
    chmodSync(top, 0o500);
    expect(() => readyDataFolder(top)).toThrow('EACCES');
  });

  it('is refused to others from the first mark on, which a second filling does not touch', () => {
    const writtenAt = () => statSync(join(top, 'half-filled'), { bigint: true }).mtimeNs;
    for (const isAgain of [false, true]) {
      const filling = fillDataFolder(top, 'restore');
      expect(filling.isAgain).toBe(isAgain);
      const before = isAgain ? writtenAt() : undefined;
      filling.mark();
      expect(writtenAt()).toBe(before ?? writtenAt());
      filling.end();
      expect(() => readyDataFolder(top)).toThrow('waymark restore did not end');
      expect(() => fillDataFolder(top, 'events import')).toThrow('waymark restore');
    }
  });

  it('is whole where a mark was begun and not written, since nothing is filled before it is', () => {
    writeFileSync(join(top, 'half-filled'), '');
    expect(() => readyDataFolder(top)).not.toThrow();
    const filling = fillDataFolder(top, 'events import');
    expect(filling.isAgain).toBe(false);
    filling.mark();
    filling.end();
    expect(() => readyDataFolder(top)).toThrow('waymark events import did not end');
  });
});
