//! A WebSocket of text, reduced to what a connection needs, so that tests can stand in for the server.

export interface SocketEvents {
  message: (text: string) => void;
  /** The connection is gone or never came to be; `code` as in RFC 6455 §7.4. */
  closed: (code: number) => void;
}

export interface Socket {
  /** Does nothing while the connection is not open. */
  send: (text: string) => void;
  /** No event comes after this. */
  close: () => void;
}

export function openSocket(path: string, events: SocketEvents): Socket {
  const address = new URL(path, location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(address);
  socket.onmessage = ({ data }) => {
    if (typeof data === 'string') events.message(data);
  };
  socket.onclose = ({ code }) => events.closed(code);
  return {
    send(text) {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close() {
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
    },
  };
}
