/** The plain first page: what this is, and where each reader goes. */
import { Controller, Get, Header } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Waymark: occupational therapy referrals</title>
<style>
body { font-family: Arial, sans-serif; line-height: 1.5; margin: 0 auto; max-width: 44rem; padding: 1rem; color: #212b32; background: #fff; }
a { color: #005eb8; display: inline-block; padding: 0.125rem 0; }
a:focus { background: #ffeb3b; color: #212b32; outline: 3px solid #212b32; }
h1 { line-height: 1.2; } code { font-size: 1rem; overflow-wrap: anywhere; } dt { font-weight: bold; margin-top: 1rem; } dd { margin: 0; }
.urgent { border: 2px solid #b10e1e; padding: 0 1rem; margin: 1.5rem 0; }
</style>
</head>
<body>
<main>
<h1>Waymark</h1>
<p>Referral and triage for occupational therapy in primary care. This page is for the people who run and connect the service.
It is not a medical device, and everybody in the demonstration is made up.</p>
<div class="urgent" role="note" aria-label="In an emergency">
<p><strong>Nobody watches this page.</strong> In an emergency call 999. For urgent help call 111, and choose the mental health option if you need it.</p>
</div>
<h2>Where to go</h2>
<dl>
<dt>A referrer</dt>
<dd>Your system sends a referral to <code>POST /api/v1/referrals</code>, or a FHIR bundle to <code>POST /fhir</code>. <a href="/fhir/metadata">What the FHIR door takes</a></dd>
<dt>A person, or somebody close to them</dt>
<dd>Your service's own form sends what you write to the same address, with the source <code>self</code>, <code>family</code> or <code>carer</code>. <a href="/api/v1/codes">The codes it may use</a></dd>
<dt>A clinician</dt>
<dd><a href="/api/v1/waitlist?stage=triage">Referrals to triage</a>, <a href="/api/v1/waitlist">the waiting list</a> and <a href="/api/v1/slots">free slots</a></dd>
<dt>A manager</dt>
<dd><a href="/api/v1/caseload">Caseload</a>, <a href="/api/v1/outcomes">outcomes</a> and <a href="/api/v1/journal">the journal</a></dd>
<dt>An operator</dt>
<dd><a href="/health/ready">Is it ready?</a> and <a href="/api/openapi.json">the description of the API</a></dd>
</dl>
</main>
</body>
</html>
`;

@ApiTags('home')
@Controller()
export class HomeController {
  @Get()
  @ApiOperation({ summary: 'What this is, and where each reader goes' })
  @ApiProduces('text/html')
  @Header('Content-Type', 'text/html; charset=utf-8')
  home(): string {
    return PAGE;
  }
}
