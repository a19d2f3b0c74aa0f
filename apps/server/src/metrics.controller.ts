/** The figures of this server, for whoever watches it. */
import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Metrics } from './metrics';

@ApiTags('health')
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @ApiProduces('text/plain')
  @ApiOperation({ summary: 'Figures in the text format of Prometheus' })
  async text(@Res() response: Response) {
    const text = await this.metrics.text();
    response.set('Content-Type', this.metrics.contentType).send(text);
  }
}
