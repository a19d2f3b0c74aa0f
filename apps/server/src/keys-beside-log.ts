/** Whether the keys are as new as the log they lie beside: looked at once after the start, told in the log, and kept for health. */
import { Injectable } from '@nestjs/common';
import type { EventStore } from '@waymark/event-store';
import { missingKeys, type People } from '@waymark/people';
import { eventDefinitions } from '@waymark/read-models';
import type { Logger } from 'pino';
import { faultOf } from './log-lines';

export interface KeysStanding {
  readonly status: 'looking' | 'whole' | 'older-than-log';
  /** Subjects of whom something cannot be opened, although nobody erased them. */
  readonly missing: number;
}

@Injectable()
export class KeysBesideLog {
  private found: KeysStanding = { status: 'looking', missing: 0 };

  standing(): KeysStanding {
    return this.found;
  }

  /** Never throws: what it finds is no reason not to serve. */
  async look(people: People, store: EventStore, logger: Logger, signal: AbortSignal): Promise<void> {
    try {
      const unopened = await missingKeys(people, store, eventDefinitions, 'mark', signal);
      if (signal.aborted) return;
      const missing = new Set(unopened.map(({ subject }) => subject)).size;
      this.found = { status: missing === 0 ? 'whole' : 'older-than-log', missing };
      if (missing === 0) return;
      logger.warn(
        { missing },
        `the keys of ${missing} people or practitioners are missing: keys.db is older than the log, and what was sealed since reads as erased. ` +
          'Put the newest keys.db back; waymark keys missing lists what is affected',
      );
    } catch (fault) {
      logger.error({ fault: faultOf(fault) }, 'it could not be seen whether the keys are as new as the log');
    }
  }
}
