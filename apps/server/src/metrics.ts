/** Figures for Prometheus: the read side, the log, the answers by route, and the process. Names of things only: no reference, no person, no address. */
import { type Automation, type ReadSide } from '@waymark/projections';
import type { NextFunction, Request, Response } from 'express';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { lateOnes } from './lateness';
import { routeOf } from './log-lines';

/** Seconds: the bars of the design (pages at 50 ms, waits of two seconds) lie between two of them. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5];

export class Metrics {
  private readonly registry = new Registry();
  private readonly answers = new Histogram({
    name: 'waymark_http_request_seconds',
    help: 'Time from a request to the end of its answer, by route',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: SECONDS,
    registers: [this.registry],
  });
  private readonly events = new Counter({ name: 'waymark_log_events_total', help: 'Events in the log', registers: [this.registry] });
  private readonly up = this.ofProjection('waymark_projection_up', '1 = it follows the log; 0 = it is faulted, paused or not whole yet');
  private readonly lagEvents = this.ofProjection('waymark_projection_lag_events', 'Events in the log that the read model does not hold');
  private readonly lagSeconds = this.ofProjection('waymark_projection_lag_seconds', 'How long the oldest of them has waited');
  private readonly parked = this.ofProjection('waymark_projection_parked_rows', 'Rows that wait for an event that could not be folded');
  private readonly rebuilt = this.ofProjection('waymark_projection_rebuild_percent', 'How far a rebuild is; absent when there is none');
  private readonly late = new Gauge({
    name: 'waymark_runner_late',
    help: '1 = a read model is more than a minute behind the log',
    registers: [this.registry],
  });
  private readonly reactionsBehind = new Gauge({
    name: 'waymark_reactions_behind',
    help: '1 = something that is due has waited for more than a minute',
    registers: [this.registry],
  });

  private readonly reactionsParked = new Gauge({
    name: 'waymark_reaction_parked_events',
    help: 'Events whose reaction failed and is not tried again by itself',
    labelNames: ['reaction'] as const,
    registers: [this.registry],
  });

  constructor(
    private readonly readSide: ReadSide,
    private readonly automation: Automation,
  ) {
    // Among them nodejs_eventloop_lag_p99_seconds, measured since it was last asked for.
    collectDefaultMetrics({ register: this.registry });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** Everything as it is now, in the text format. */
  async text(): Promise<string> {
    const projections = this.readSide.status();
    this.rebuilt.reset();
    for (const { name: projection, status, lagEvents, lagSeconds, parked, rebuild } of projections) {
      this.up.set({ projection }, status === 'live' || status === 'catching-up' ? 1 : 0);
      this.lagEvents.set({ projection }, lagEvents);
      this.lagSeconds.set({ projection }, lagSeconds);
      this.parked.set({ projection }, parked);
      if (rebuild) this.rebuilt.set({ projection }, rebuild.percent);
    }
    this.events.reset();
    this.events.inc(Number(projections[0]?.head ?? 0));
    this.late.set(lateOnes(projections).length > 0 ? 1 : 0);
    const { status, reactions } = await this.automation.status();
    this.reactionsBehind.set(status === 'behind' ? 1 : 0);
    for (const { name: reaction, parked } of reactions) this.reactionsParked.set({ reaction }, parked);
    return this.registry.metrics();
  }

  /** Counts an answer under the template of its route. */
  readonly count = (request: Request, response: Response, next: NextFunction): void => {
    const ended = this.answers.startTimer();
    response.once('close', () => ended({ method: request.method, route: routeOf(request), status: String(response.statusCode) }));
    next();
  };

  private ofProjection(name: string, help: string): Gauge<'projection'> {
    return new Gauge({ name, help, labelNames: ['projection'], registers: [this.registry] });
  }
}
