/** A port in front of a server, and what a network does between them: cut, refuse, freeze. */
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

export interface Relay {
  /** What a client connects to. */
  readonly url: string;
  readonly port: number;
  readonly counters: {
    /** Connections that were let through. */
    readonly connected: number;
    /** Connections that were open when the link was cut. */
    readonly cut: number;
    /** Connections that were turned away. */
    readonly refused: number;
    /** How often the link was frozen. */
    readonly frozen: number;
  };
  /** Every connection that is open, at once and without a farewell. New ones are still let through. */
  cut(): void;
  /** New connections are turned away; those that are open stay. */
  refuse(): void;
  accept(): void;
  /** Nothing passes and nothing is closed. What is sent meanwhile passes when it thaws. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

export async function startRelay(targetPort: number): Promise<Relay> {
  const links = new Set<readonly [Socket, Socket]>();
  const counters = { connected: 0, cut: 0, refused: 0, frozen: 0 };
  let refusing = false;
  let frozen = false;

  const server = createServer({ pauseOnConnect: true }, (near) => {
    if (refusing) {
      counters.refused++;
      return void near.resetAndDestroy();
    }
    counters.connected++;
    const far = connect(targetPort, '127.0.0.1');
    const link = [near, far] as const;
    links.add(link);
    for (const [from, to] of [link, [far, near]] as const) {
      from.on('data', (bytes) => to.write(bytes) || from.pause());
      from.on('drain', () => frozen || to.resume());
      from.on('end', () => to.end());
      from.on('error', () => {});
      from.on('close', () => {
        to.destroy();
        links.delete(link);
      });
    }
    if (frozen) far.pause();
    else near.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const cut = (): void => {
    counters.cut += links.size;
    for (const [near, far] of [...links]) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  };
  return {
    url: `esdb://127.0.0.1:${port}?tls=false`,
    port,
    counters,
    cut,
    refuse: () => void (refusing = true),
    accept: () => void (refusing = false),
    freeze: () => {
      counters.frozen++;
      frozen = true;
      for (const socket of [...links].flat()) socket.pause();
    },
    thaw: () => {
      frozen = false;
      for (const socket of [...links].flat()) socket.resume();
    },
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of [...links].flat()) socket.destroy();
      return closed;
    },
  };
}
