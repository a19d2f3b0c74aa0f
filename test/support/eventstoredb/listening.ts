/** The port of a server. Its sockets are ours, so that they can drop as those of a process that is killed; the library would say farewell. */
import { ServerCredentials, type Server } from '@grpc/grpc-js';
import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

/** `port` 0 = any that is free. */
export async function listen(server: Server, port: number): Promise<Listening> {
  const sockets = new Set<Socket>();
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const door = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    injector.injectConnection(socket);
  });
  await new Promise<void>((resolve, reject) => door.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    port: (door.address() as AddressInfo).port,
    close: () => {
      const closed = new Promise<void>((resolve) => door.close(() => resolve()));
      for (const socket of sockets) socket.destroySoon();
      server.forceShutdown();
      return closed;
    },
  };
}
