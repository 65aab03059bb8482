/** The hosts of `scripts/in-network.sh`. */
import type { Place } from '../../harness/server.ts';

export const SERVER_HOST: Place = {
  address: '203.0.113.1',
  host: 'help.test',
  enter: ['ip', 'netns', 'exec', 'server'],
};
