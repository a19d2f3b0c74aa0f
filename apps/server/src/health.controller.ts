/** Whether the process lives, and whether it is ready to serve. */
import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Automation, ReadSide } from '@waymark/projections';
import type { Response } from 'express';
import { KeysBesideLog } from './keys-beside-log';
import { LATE_S } from './lateness';

@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(
    private readonly readSide: ReadSide,
    private readonly automation: Automation,
    private readonly keys: KeysBesideLog,
  ) {}

  @Get('live')
  @ApiOperation({ summary: 'The process answers' })
  live() {
    return { status: 'up', checks: {} };
  }

  /**
   * Referrals are taken in whatever the read models do; a read model that is not live, or reactions that are a minute behind, make the
   * answer 503 all the same, so that somebody looks. A parked row or event is somebody's work too, and so are
   * keys older than the log, but no reason to send everybody elsewhere: `degraded`.
   */
  @Get('ready')
  @ApiOperation({ summary: 'The log can be written, every read model is live, and nothing that is due has waited long' })
  async ready(@Res({ passthrough: true }) response: Response) {
    const projections = this.readSide.status();
    const checks = Object.fromEntries(
      projections.map(({ name, status, position, lagEvents, lagSeconds, parked, lastError }) => [
        name,
        { status, position, lagEvents, lagSeconds, parked, lastError },
      ]),
    );
    const reactions = await this.automation.status();
    const well =
      projections.every(({ status, lagSeconds }) => (status === 'live' || status === 'catching-up') && lagSeconds <= LATE_S) &&
      reactions.status !== 'behind';
    response.status(well ? 200 : 503);
    const parked = [...projections, ...reactions.reactions].some((each) => each.parked > 0);
    const keys = this.keys.standing();
    const degraded = parked || keys.missing > 0;
    return { status: !well ? 'down' : degraded ? 'degraded' : 'up', checks: { ...checks, reactions, keys } };
  }
}
