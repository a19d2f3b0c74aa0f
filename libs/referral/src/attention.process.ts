/** Tells of what has not happened, by the working days of the service. */
import type { CommandLoop, Ran } from '@waymark/event-store';
import { londonDate, streamName, type Issue, type Outcome } from '@waymark/kernel';
import type { Configuration } from '@waymark/rules';
import { attention, type AttentionAsk } from './attention';
import type { Place } from './standing';

export interface WatchKeeperOptions {
  readonly loop: CommandLoop;
  readonly configuration: Pick<Configuration, 'current'>;
}

export class WatchKeeper {
  constructor(private readonly options: WatchKeeperOptions) {}

  /** Nothing where it has happened meanwhile. */
  async tell(ask: AttentionAsk & { readonly referralId: string }, how: Issue): Promise<Outcome<Ran<Place | undefined>>> {
    const { loop, configuration } = this.options;
    const { calendar, settingsOn } = await configuration.current(how.service);
    return loop.run({
      stream: streamName('referral', how.service, ask.referralId),
      decider: attention,
      command: ask,
      issue: how,
      context: (now) => ({
        leadFrom(since) {
          const { leadWorkingDays } = settingsOn(londonDate(now)).watch;
          return calendar.endOfService(calendar.addWorkingDays(londonDate(since), leadWorkingDays));
        },
      }),
    });
  }
}
