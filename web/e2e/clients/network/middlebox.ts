/**
 * A middlebox that lets only TLS through, like those of companies that want to see what leaves: a
 * connection that begins with anything else is reset. Everything that goes to the server's port comes
 * here first. Inside scripts/in-network.sh only.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const TABLE = ['inet', 'middlebox'] as const;
/** Whose own connections go out as they are. */
const NOBODY = 65_534;
const PORT = 9_443;

export class Middlebox {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /** Stands between this host and the server until it is taken away. */
  static async before(server: string): Promise<Middlebox> {
    const script = fileURLToPath(new URL('middlebox-process.ts', import.meta.url));
    const child = spawn(process.execPath, [script, String(PORT), server], {
      uid: NOBODY,
      gid: NOBODY,
      cwd: '/',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await run('nft', [
      [
        `table ${TABLE.join(' ')}`,
        `delete table ${TABLE.join(' ')}`,
        `add table ${TABLE.join(' ')}`,
        `add chain ${TABLE.join(' ')} out { type nat hook output priority -100; }`,
        `add rule ${TABLE.join(' ')} out meta skuid != ${NOBODY} tcp dport 443 redirect to :${PORT}`,
      ].join('\n'),
    ]);
    return new Middlebox(child);
  }

  async remove(): Promise<void> {
    await run('nft', ['delete', 'table', ...TABLE]);
    this.#process.kill();
  }
}
