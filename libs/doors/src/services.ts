/** Which service a request is about: the one it names, or the one marked as the default. */
import { reject, type Outcome } from '@waymark/kernel';
import type { Configuration } from '@waymark/rules';

/** `path` is where it would be named. A service that only the log knows is one too: its file may be on another machine. */
export async function serviceNamed(named: string | undefined, configuration: Configuration, path = '/service'): Promise<Outcome<string>> {
  const services = configuration.services();
  const service = named ?? configuration.defaultService();
  if (service === undefined)
    return reject('unknown-service', `Name the service: none is marked as the default; use one of ${services.join(', ')}`, path);
  if (services.includes(service) || (await configuration.configured(service))) return service;
  return reject('unknown-service', `There is no such service; use one of ${services.join(', ')}`, path);
}
