/** What a service is made of: practitioners, clinic sessions, free slots, and every code with its label. */
import { Body, Controller, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { OpenClinicSession } from '@waymark/clinics';
import { Dispatch, ServiceDesk } from '@waymark/doors';
import { RegisterPractitioner } from '@waymark/workforce';
import type { Request, Response } from 'express';
import { granted } from './refused';
import { queryOf, replayed, senderOf } from './request';

@ApiTags('service')
@Controller('api/v1')
export class RegisterController {
  constructor(
    private readonly dispatch: Dispatch,
    private readonly desk: ServiceDesk,
  ) {}

  @Post('practitioners')
  @HttpCode(201)
  @ApiOperation({ summary: 'Add a practitioner with registration, level and scope' })
  @ApiBody({ type: RegisterPractitioner })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  async register(@Body() body: unknown, @Req() request: Request, @Res({ passthrough: true }) response: Response) {
    queryOf(request, []);
    const { id, replayed: again } = granted(await this.desk.register(this.dispatch, body, senderOf(request, response)));
    replayed(response, again);
    return { id };
  }

  @Get('practitioners')
  @ApiOperation({ summary: 'The practitioners of a service' })
  @ApiQuery({ name: 'service', required: false })
  async practitioners(@Req() request: Request) {
    return granted(await this.desk.practitioners(queryOf(request, ['service'])['service']));
  }

  @Post('clinics/:clinic/sessions')
  @HttpCode(201)
  @ApiOperation({ summary: 'Open a clinic session and its slots' })
  @ApiBody({ type: OpenClinicSession })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  async openSession(
    @Param('clinic') clinic: string,
    @Body() body: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ) {
    queryOf(request, []);
    const { id, slots, replayed: again } = granted(await this.desk.openSession(this.dispatch, clinic, body, senderOf(request, response)));
    replayed(response, again);
    return { id, slots };
  }

  @Get('slots')
  @ApiOperation({ summary: 'Free slots' })
  @ApiQuery({ name: 'service', required: false })
  @ApiQuery({ name: 'from', required: false, schema: { type: 'string', format: 'date' } })
  @ApiQuery({ name: 'to', required: false, schema: { type: 'string', format: 'date' } })
  @ApiQuery({ name: 'type', required: false })
  async slots(@Req() request: Request) {
    return granted(await this.desk.slots(queryOf(request, ['service', 'from', 'to', 'type'])));
  }

  @Get('codes')
  @ApiOperation({ summary: 'Every code, reason and fact id with its label' })
  @ApiQuery({ name: 'service', required: false })
  async codes(@Req() request: Request) {
    return granted(await this.desk.codes(queryOf(request, ['service'])['service']));
  }
}
