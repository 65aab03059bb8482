/**
 * A firewall around the host on which the test and its browsers run: what it does not let through is
 * dropped without an answer, as most do. Inside scripts/in-network.sh only.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const TABLE = ['inet', 'firewall'] as const;

export class Firewall {
  /** Drops what these expressions of nftables match, until it is lifted. */
  static async drop(...matches: readonly string[]): Promise<Firewall> {
    const rules = matches.map((match) => `add rule ${TABLE.join(' ')} out ${match} counter drop`);
    await run('nft', [
      [
        `table ${TABLE.join(' ')}`,
        `delete table ${TABLE.join(' ')}`,
        `add table ${TABLE.join(' ')}`,
        `add chain ${TABLE.join(' ')} out { type filter hook output priority 0; }`,
        ...rules,
      ].join('\n'),
    ]);
    return new Firewall();
  }

  async lift(): Promise<void> {
    await run('nft', ['delete', 'table', ...TABLE]);
  }
}
