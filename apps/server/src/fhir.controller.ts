/** The FHIR door: bundles and messages in, ServiceRequest and Patient back as they came. */
import { randomUUID } from 'node:crypto';
import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { FhirDesk, Intake, type Dealt } from '@waymark/doors';
import { capabilityStatement, messageResponse, toOperationOutcome, transactionResponse, type EntryAnswer } from '@waymark/fhir';
import { reject } from '@waymark/kernel';
import { problemOf } from '@waymark/problems';
import type { Bundle } from 'fhir/r4';
import type { Request, Response } from 'express';
import { granted, Refused } from './refused';
import { correlationIdOf, queryOf } from './request';

const FHIR_JSON = 'application/fhir+json; charset=utf-8';
const STARTED = new Date().toISOString();

@ApiTags('fhir')
@Controller('fhir')
export class FhirController {
  constructor(
    private readonly intake: Intake,
    private readonly desk: FhirDesk,
  ) {}

  @Get('metadata')
  @ApiOperation({ summary: 'What the FHIR door can do' })
  metadata(@Req() request: Request, @Res() response: Response): void {
    queryOf(request, ['_format']);
    send(response, 200, capabilityStatement({ url: `${request.protocol}://${request.host}/fhir`, date: STARTED, version: '0.1.0' }));
  }

  @Post()
  @ApiOperation({ summary: 'Take in a transaction, batch or message Bundle' })
  async bundle(@Req() request: Request, @Res() response: Response): Promise<void> {
    const { bytes, dealt } = await this.deal(request, response);
    const bundle = JSON.parse(bytes.toString('utf8')) as Partial<Bundle>;
    if (bundle.resourceType === 'Bundle' && bundle.type === 'message') return this.answerMessage(request, response, dealt);
    const taken = dealt.some(({ referralId }) => referralId !== undefined);
    if (!taken) return send(response, statusOf(dealt), outcomeOf(dealt));
    const entries = bundle.resourceType === 'Bundle' ? (bundle.entry ?? []) : [bundle];
    const answers = entries.map((_, entry) => answerOf(dealt, entry));
    send(response, 200, transactionResponse(bundle as Bundle, answers, randomUUID()));
  }

  @Post('$process-message')
  @ApiOperation({ summary: 'Take in a message Bundle and answer with one' })
  async message(@Req() request: Request, @Res() response: Response): Promise<void> {
    const { dealt } = await this.deal(request, response);
    this.answerMessage(request, response, dealt);
  }

  @Get('ServiceRequest')
  @ApiOperation({ summary: 'The referral that a business identifier names' })
  async search(@Req() request: Request, @Res() response: Response): Promise<void> {
    const { identifier } = queryOf(request, ['identifier']);
    const [system, value] = identifier?.split('|') ?? [];
    if (!system || !value)
      throw new Refused(reject('invalid-parameter', 'identifier is a system and a value: identifier=system|value', '?identifier'));
    const found = await this.desk.byIdentifier(system, value);
    const entry = found
      ? [{ fullUrl: `${request.protocol}://${request.host}/fhir/ServiceRequest/${String(found['id'])}`, resource: found }]
      : [];
    send(response, 200, { resourceType: 'Bundle', type: 'searchset', total: entry.length, entry });
  }

  @Get('ServiceRequest/:id')
  @ApiOperation({ summary: 'A ServiceRequest as it came' })
  async serviceRequest(@Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    queryOf(request, ['_format']);
    send(response, 200, granted(await this.desk.serviceRequest(id)));
  }

  @Get('Patient/:id')
  @ApiOperation({ summary: 'The Patient of a referral as it came' })
  async patient(@Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    queryOf(request, ['_format']);
    send(response, 200, granted(await this.desk.patient(id)));
  }

  private async deal(request: Request, response: Response): Promise<{ bytes: Buffer; dealt: Dealt[] }> {
    const { service } = queryOf(request, ['service']);
    const bytes: unknown = request.body;
    if (!Buffer.isBuffer(bytes) || !request.is(['application/fhir+json', 'application/json', 'application/*+json'])) {
      throw new Refused(reject('unsupported-media-type', 'Send the bundle as application/fhir+json'));
    }
    const dealt: Dealt[] = [];
    const handed = { channel: 'fhir', correlationId: correlationIdOf(response), ...(service === undefined ? {} : { service }) } as const;
    for await (const each of this.intake.items('bundle.json', bytes, handed)) dealt.push(each);
    return { bytes, dealt };
  }

  private answerMessage(request: Request, response: Response, dealt: readonly Dealt[]): void {
    const taken = dealt.flatMap(({ referralId }) => (referralId === undefined ? [] : [`ServiceRequest/${referralId}`]));
    const inReplyTo = dealt.find(({ item }) => item.messageId !== undefined)?.item.messageId;
    if (taken.length === 0 || inReplyTo === undefined) return send(response, statusOf(dealt), outcomeOf(dealt));
    const endpoint = `${request.protocol}://${request.host}/fhir/$process-message`;
    send(
      response,
      200,
      messageResponse({ id: randomUUID(), at: new Date().toISOString(), endpoint, inReplyTo, outcome: outcomeOf(dealt), focus: taken }),
    );
  }
}

function send(response: Response, status: number, resource: object): void {
  response.status(status).setHeader('Content-Type', FHIR_JSON);
  response.send(Buffer.from(JSON.stringify(resource)));
}

/** The status of an answer in which nothing was taken: that of the first reason. */
function statusOf(dealt: readonly Dealt[]): number {
  const first = dealt[0];
  if (first?.item.kind === 'not-this-service') return 422;
  return problemOf(first?.line.reasons?.[0]?.code ?? 'unreadable').status;
}

function outcomeOf(dealt: readonly Dealt[]) {
  return toOperationOutcome(
    dealt.flatMap(({ line }) => line.reasons ?? []),
    (code) => problemOf(code).issue,
  );
}

/** What became of one entry: a request has its own outcome, whatever came with it was read with it. */
function answerOf(dealt: readonly Dealt[], entry: number): EntryAnswer {
  const own = dealt.find(({ item }) => item.entry === entry) ?? dealt.find(({ item }) => item.personEntry === entry);
  if (!own || own.referralId === undefined)
    return { status: own ? `${statusOf([own])}` : '200 OK', ...(own ? { outcome: outcomeOf([own]) } : {}) };
  const kind = own.item.entry === entry ? 'ServiceRequest' : 'Patient';
  const status = own.line.outcome === 'accepted' && !own.line.replayed ? '201 Created' : '200 OK';
  return { status, location: `${kind}/${own.referralId}`, outcome: toOperationOutcome([], 'informational') };
}
