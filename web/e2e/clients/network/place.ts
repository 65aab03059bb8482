/** The hosts of `scripts/in-network.sh`. */
import type { Place } from '../../harness/server.ts';

export const SERVER_HOST: Place = {
  address: '10.99.0.1',
  host: 'help.test',
  enter: ['ip', 'netns', 'exec', 'server'],
};
