/** Which service a request is about: the one it names, or the one marked as the default. */
import { reject, type Outcome } from '@waymark/kernel';
import type { Configuration } from '@waymark/rules';

export function serviceNamed(named: string | undefined, configuration: Configuration): Outcome<string> {
  const services = configuration.services();
  const service = named ?? configuration.defaultService();
  if (service === undefined)
    return reject('unknown-service', `Name the service: no service is marked as the default; there are ${services.join(', ')}`, '/service');
  if (services.includes(service)) return service;
  return reject('unknown-service', `There is no such service; there are ${services.join(', ')}`, '/service');
}
