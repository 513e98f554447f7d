import { open, truncate, type FileHandle } from 'node:fs/promises';
import { anchorLine, readAnchor, type AnchorEntry, type SignedBlock } from '#ledger';
import type { SealedLog } from '#messages';

const NEWLINE = 10;

/** An append-only file of signed blocks. What `append` has returned from is on the disk. */
export class AnchorFile {
  private readonly heads = new Map<SealedLog, AnchorEntry>();

  private constructor(private readonly path: string) {}

  /** Reads how far the file has come. A last line that a crash cut off is taken away: it was never said to be anchored. */
  static async open(path: string): Promise<AnchorFile> {
    const file = new AnchorFile(path);
    await withFile(path, 'a+', (handle) => cutOff(path, handle));
    for await (const entry of readAnchor(path)) if (entry) file.heads.set(entry.log, entry);
    return file;
  }

  head(log: SealedLog): AnchorEntry | undefined {
    return this.heads.get(log);
  }

  async append(blocks: readonly SignedBlock[]): Promise<void> {
    await withFile(this.path, 'a', async (handle) => {
      await handle.appendFile(blocks.map(anchorLine).join(''));
      await handle.sync();
    });
    for (const block of blocks)
      if (block.signature !== null && block.public_key !== null)
        this.heads.set(block.log, { ...block, signature: block.signature, public_key: block.public_key });
  }
}

async function withFile(path: string, flags: string, work: (handle: FileHandle) => Promise<void>): Promise<void> {
  const handle = await open(path, flags, 0o644);
  try {
    await work(handle);
  } finally {
    await handle.close();
  }
}

async function cutOff(path: string, handle: FileHandle): Promise<void> {
  const { size } = await handle.stat();
  const byte = Buffer.alloc(1);
  let end = size;
  while (end > 0) {
    await handle.read(byte, 0, 1, end - 1);
    if (byte[0] === NEWLINE) break;
    end--;
  }
  if (end < size) await truncate(path, end);
}
