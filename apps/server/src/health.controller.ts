/** Whether the process lives, and whether it is ready to serve. */
import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ReadSide } from '@waymark/projections';
import type { Response } from 'express';

@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(private readonly readSide: ReadSide) {}

  @Get('live')
  @ApiOperation({ summary: 'The process answers' })
  live() {
    return { status: 'up', checks: {} };
  }

  /** Referrals are taken in whatever the read models do; a read model that is not live makes the answer 503 all the same, so that somebody looks. */
  @Get('ready')
  @ApiOperation({ summary: 'The log can be written and every read model is live' })
  ready(@Res({ passthrough: true }) response: Response) {
    const projections = this.readSide.status();
    const checks = Object.fromEntries(
      projections.map(({ name, status, position, lagEvents, lastError }) => [name, { status, position, lagEvents, lastError }]),
    );
    const well = projections.every(({ status }) => status === 'live' || status === 'catching-up');
    response.status(well ? 200 : 503);
    return { status: well ? 'up' : 'down', checks };
  }
}
