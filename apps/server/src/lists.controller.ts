/** The lists: waiting list, caseload, outcomes and journal, and the stream that says when one has changed. */
import { applyDecorators, Controller, Get, Req, Res, type BeforeApplicationShutdown } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { Changes, KNOWN, Lists, type ListName } from '@waymark/doors';
import { caseloadFilters, DEFAULT_LIMIT, journalFilters, MAXIMUM_LIMIT, outcomesFilters, waitlistFilters } from '@waymark/read-models';
import type { Request, Response } from 'express';
import { granted } from './refused';
import { queryOf, givenOnce, viewerOf } from './request';
import { streamChanges } from './changes';

function Paged(summary: string, filters: readonly string[]): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary }),
    ApiQuery({ name: 'service', required: false }),
    ApiQuery({ name: 'limit', required: false, schema: { type: 'integer', minimum: 1, maximum: MAXIMUM_LIMIT, default: DEFAULT_LIMIT } }),
    ApiQuery({ name: 'cursor', required: false }),
    ApiQuery({ name: 'after', required: false, description: 'Wait for this position, two seconds at most' }),
    ApiQuery({ name: 'as-at', required: false, description: 'The list as it was: a London day (its end), an instant, or a position' }),
    ApiQuery({
      name: 'known',
      required: false,
      enum: KNOWN,
      description: 'With as-at: as it was known then, or what had happened by then as it is known now',
    }),
    ApiQuery({ name: 'log', required: false, description: 'Of a link: the log and the place that it was made for' }),
    ...filters.map((name) => ApiQuery({ name, required: false, description: 'Narrows the list' })),
  );
}

@ApiTags('lists')
@Controller('api/v1')
export class ListsController implements BeforeApplicationShutdown {
  private readonly ended = new AbortController();

  constructor(
    private readonly lists: Lists,
    private readonly changes: Changes,
  ) {}

  @Get('waitlist')
  @Paged('Everyone accepted and untreated, once, in the order in which they are to be seen', waitlistFilters)
  waitlist(@Req() request: Request) {
    return this.list('waitlist', request);
  }

  @Get('caseload')
  @Paged('Who holds which open referrals', caseloadFilters)
  caseload(@Req() request: Request) {
    return this.list('caseload', request);
  }

  @Get('outcomes')
  @Paged('How referrals ended, and what changed', outcomesFilters)
  outcomes(@Req() request: Request) {
    return this.list('outcomes', request);
  }

  @Get('journal')
  @Paged('The log in plain words, oldest first', journalFilters)
  journal(@Req() request: Request) {
    return this.list('journal', request);
  }

  @Get('stream')
  @ApiOperation({ summary: 'Server-sent events: which lists changed, and for which references' })
  async stream(@Req() request: Request, @Res() response: Response) {
    queryOf(request, []);
    await streamChanges(this.changes, request, response, this.ended.signal);
  }

  /** A stream would never end by itself. */
  beforeApplicationShutdown(): void {
    this.ended.abort();
  }

  private async list(name: ListName, request: Request) {
    const gone = new AbortController();
    request.res?.once('close', () => gone.abort());
    return granted(await this.lists.page(name, givenOnce(request), viewerOf(request), { signal: gone.signal }));
  }
}
