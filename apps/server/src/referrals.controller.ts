/** Referrals: received, read, explained, and every command about one at an address of its own. */
import { Body, Controller, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Dispatch, ReferralDesk } from '@waymark/doors';
import { ReceiveReferral, referralCommands, type ReceptionAnswer, type ReferralCommand } from '@waymark/referral';
import type { Request, Response } from 'express';
import { granted } from './refused';
import { queryOf, replayed, senderOf, viewerOf } from './request';

@ApiTags('referrals')
@Controller('api/v1/referrals')
export class ReferralsController {
  constructor(
    private readonly dispatch: Dispatch,
    private readonly desk: ReferralDesk,
  ) {}

  @Post()
  @HttpCode(201)
  @ApiOperation({ summary: 'Take in a referral from any source' })
  @ApiBody({ type: ReceiveReferral })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  async receive(@Body() body: unknown, @Req() request: Request, @Res({ passthrough: true }) response: Response) {
    queryOf(request, []);
    const answer = granted(await this.dispatch.send<ReceiveReferral, ReceptionAnswer>(ReceiveReferral, body, senderOf(request, response)));
    response.setHeader('Location', `/api/v1/referrals/${answer.reference}`);
    replayed(response, answer.replayed);
    return submissionAnswer(answer);
  }

  @Get(':reference')
  @ApiOperation({ summary: 'A referral as it was sent, and where it stands' })
  async show(@Param('reference') reference: string, @Req() request: Request, @Res({ passthrough: true }) response: Response) {
    queryOf(request, []);
    const view = granted(await this.desk.view(granted(await this.dispatch.referral(reference)), viewerOf(request)));
    response.setHeader('ETag', `"${view.revision}"`);
    return view;
  }

  @Get(':reference/events')
  @ApiOperation({ summary: 'What happened, in plain words' })
  async events(@Param('reference') reference: string, @Req() request: Request) {
    queryOf(request, []);
    return { events: await this.desk.timeline(granted(await this.dispatch.referral(reference))) };
  }

  @Get(':reference/explanation')
  @ApiOperation({ summary: 'Why the rules suggest what they suggest, and which rules nearly fired' })
  async explanation(@Param('reference') reference: string, @Req() request: Request) {
    queryOf(request, []);
    return this.desk.explanation(granted(await this.dispatch.referral(reference)));
  }

  @Post(referralCommands.map(({ name }) => `:reference/${name}`))
  @HttpCode(200)
  @ApiOperation({ summary: 'Carry out a command about this referral; /api/v1/codes lists its reason codes' })
  @ApiHeader({ name: 'Waymark-Actor', required: false })
  @ApiHeader({ name: 'If-Match', required: false })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  async command(
    @Param('reference') reference: string,
    @Body() body: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ) {
    queryOf(request, []);
    const referral = granted(await this.dispatch.referral(reference));
    const answer = granted(await this.desk.carryOut(this.dispatch, commandAt(request.path), referral, body, senderOf(request, response)));
    replayed(response, answer.replayed);
    response.setHeader('ETag', `"${answer.body.revision}"`);
    return answer.body;
  }
}

function commandAt(path: string): ReferralCommand {
  const command = referralCommands.find(({ name }) => path.replace(/\/$/, '').endsWith(`/${name}`));
  if (!command) throw new Error('A route for a command that is not there');
  return command;
}

/** The answer to a submission: contract section 3. */
function submissionAnswer({ outcome, reference, linkedTo, receivedAt, position, flags, nextStep }: ReceptionAnswer) {
  return { outcome, reference, ...(linkedTo === undefined ? {} : { linkedTo }), receivedAt, position, flags, nextStep, reasons: [] };
}
