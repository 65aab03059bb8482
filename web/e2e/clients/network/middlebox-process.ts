/** The middlebox itself: `middlebox-process.ts PORT SERVER`. Says a line once it listens. */
import { connect, createServer } from 'node:net';

const [port = '', server = ''] = process.argv.slice(2);
const TLS_HANDSHAKE = 22;

createServer((client) => {
  client.on('error', () => undefined);
  client.once('data', (first) => {
    if (first[0] !== TLS_HANDSHAKE) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(443, server);
    upstream.setNoDelay(true);
    client.setNoDelay(true);
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    upstream.write(first);
    client.pipe(upstream);
    upstream.pipe(client);
  });
}).listen(Number(port), () => console.log('listening'));
