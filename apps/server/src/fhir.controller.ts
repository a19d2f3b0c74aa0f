/** The FHIR door: bundles and messages in, ServiceRequest and Patient back as they came. */
import { Controller, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { FhirDesk, Intake, type Dealt } from '@waymark/doors';
import { capabilityStatement, messageResponse, toOperationOutcome, transactionResponse, type EntryAnswer } from '@waymark/fhir';
import { derivedId, reject } from '@waymark/kernel';
import { problemOf } from '@waymark/problems';
import type { Bundle } from 'fhir/r4';
import type { Request, Response } from 'express';
import { granted, Refused } from './refused';
import { correlationIdOf, queryOf, viewerOf } from './request';

const FHIR_JSON = 'application/fhir+json; charset=utf-8';
const STARTED = new Date().toISOString();
const resource = { schema: { type: 'object', required: ['resourceType'], properties: { resourceType: { type: 'string' } } } };

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
    formatOf(request);
    send(response, 200, capabilityStatement({ url: `${request.protocol}://${request.host}/fhir`, date: STARTED, version: '0.1.0' }));
  }

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Take in a transaction, batch or message Bundle' })
  @ApiConsumes('application/fhir+json')
  @ApiBody(resource)
  async bundle(@Req() request: Request, @Res() response: Response): Promise<void> {
    const sent = sentIn(request);
    const dealt = await this.deal(sent.bytes, request, response);
    if (!isTaken(dealt)) return send(response, statusOf(dealt), outcomeOf(dealt));
    if (sent.type === 'message') return this.answerMessage(request, response, dealt);
    const answers = Array.from({ length: sent.entries }, (_, entry) => answerOf(dealt, entry));
    const type = sent.type === 'batch' ? 'batch' : 'transaction';
    send(response, 200, transactionResponse({ resourceType: 'Bundle', type }, answers, answerId(dealt)));
  }

  @Post('$process-message')
  @HttpCode(200)
  @ApiOperation({ summary: 'Take in a message Bundle and answer with one' })
  @ApiConsumes('application/fhir+json')
  @ApiBody(resource)
  async message(@Req() request: Request, @Res() response: Response): Promise<void> {
    const sent = sentIn(request);
    // Refused before anything is stored: there would be no message to answer.
    if (sent.type !== 'unread' && sent.type !== 'message')
      throw new Refused(reject('invalid-fhir', 'Send a Bundle of type message', 'Bundle.type'));
    const dealt = await this.deal(sent.bytes, request, response);
    if (!isTaken(dealt)) return send(response, statusOf(dealt), outcomeOf(dealt));
    this.answerMessage(request, response, dealt);
  }

  @Get('ServiceRequest')
  @ApiOperation({ summary: 'The referral that a business identifier names' })
  @ApiQuery({ name: 'identifier', required: true, description: 'system|value' })
  async search(@Req() request: Request, @Res() response: Response): Promise<void> {
    const { identifier } = formatOf(request, ['identifier']);
    const [, system, value] = /^([^|]+)\|(.+)$/s.exec(identifier ?? '') ?? [];
    if (system === undefined || value === undefined)
      throw new Refused(reject('invalid-parameter', 'identifier is a system and a value: identifier=system|value', '?identifier'));
    const found = granted(await this.desk.byIdentifier(system, value, viewerOf(request)));
    const address = `${request.protocol}://${request.host}/fhir/ServiceRequest`;
    const entry = found.map((resource) => ({ fullUrl: `${address}/${String(resource['id'])}`, resource }));
    send(response, 200, { resourceType: 'Bundle', type: 'searchset', total: entry.length, entry });
  }

  @Get('ServiceRequest/:id')
  @ApiOperation({ summary: 'A ServiceRequest as it came' })
  async serviceRequest(@Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    formatOf(request);
    send(response, 200, granted(await this.desk.serviceRequest(id, viewerOf(request))));
  }

  @Get('Patient/:id')
  @ApiOperation({ summary: 'The Patient of a referral as it came' })
  async patient(@Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    formatOf(request);
    send(response, 200, granted(await this.desk.patient(id, viewerOf(request))));
  }

  private async deal(bytes: Buffer, request: Request, response: Response): Promise<Dealt[]> {
    const { service } = formatOf(request, ['service']);
    const dealt: Dealt[] = [];
    const handed = { channel: 'fhir', correlationId: correlationIdOf(response), ...(service === undefined ? {} : { service }) } as const;
    for await (const each of this.intake.items('bundle.json', bytes, handed)) dealt.push(each);
    return dealt;
  }

  private answerMessage(request: Request, response: Response, dealt: readonly Dealt[]): void {
    const taken = dealt.flatMap(({ referralId }) => (referralId === undefined ? [] : [`ServiceRequest/${referralId}`]));
    const inReplyTo = dealt.find(({ item }) => item.messageId !== undefined)?.item.messageId ?? 'none';
    const endpoint = `${request.protocol}://${request.host}/fhir/$process-message`;
    send(
      response,
      200,
      messageResponse({ id: answerId(dealt), at: new Date().toISOString(), endpoint, inReplyTo, outcome: outcomeOf(dealt), focus: taken }),
    );
  }
}

interface Sent {
  readonly bytes: Buffer;
  /** Of the Bundle; `unread` = not UTF-8 or not JSON, and the intake says where. */
  readonly type: Bundle['type'] | 'unread';
  readonly entries: number;
}

/** A bare resource is taken as a batch of one. */
function sentIn(request: Request): Sent {
  const bytes = request.body as Buffer;
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return { bytes, type: 'unread', entries: 0 };
  }
  const { resourceType, type, entry } = Object(json) as { resourceType?: unknown; type?: unknown; entry?: unknown };
  if (typeof resourceType !== 'string') throw new Refused(reject('invalid-fhir', 'Send a FHIR R4 resource', 'resourceType'));
  if (resourceType !== 'Bundle') return { bytes, type: 'batch', entries: 1 };
  return { bytes, type: type as Bundle['type'], entries: Array.isArray(entry) ? entry.length : 0 };
}

/** The query, of which `_format` may be anything that means JSON. */
function formatOf(request: Request, others: readonly string[] = []): Record<string, string> {
  const { _format: format = 'json', ...query } = queryOf(request, [...others, '_format']);
  if (!['json', 'application/json', 'application/fhir+json'].includes(format))
    throw new Refused(reject('not-acceptable', 'This door answers with application/fhir+json', '?_format'));
  return query;
}

function isTaken(dealt: readonly Dealt[]): boolean {
  return dealt.some(({ referralId }) => referralId !== undefined);
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

/** What became of one entry: a request has its own outcome, its person the same; whatever came with them was read with them. */
function answerOf(dealt: readonly Dealt[], entry: number): EntryAnswer {
  const own = dealt.find(({ item }) => (item.entry ?? 0) === entry) ?? dealt.find(({ item }) => item.personEntry === entry);
  const outcome = outcomeOf(own ? [own] : []);
  if (!own) return { status: '200 OK', outcome };
  if (own.referralId === undefined) return { status: `${statusOf([own])}`, outcome };
  const kind = (own.item.entry ?? 0) === entry ? 'ServiceRequest' : 'Patient';
  return { status: own.line.outcome === 'accepted' ? '201 Created' : '200 OK', location: `${kind}/${own.referralId}`, outcome };
}

/** The same answer to the same message has the same id. */
function answerId(dealt: readonly Dealt[]): string {
  return derivedId('fhir-answer', ...dealt.map(({ item, referralId }) => `${item.messageId ?? ''}/${item.entry ?? 0}/${referralId ?? ''}`));
}
