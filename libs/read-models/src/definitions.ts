/** Every event type of the product: what the log may hold. An event that is not here does not exist. */
import { clinicEvents } from '@waymark/clinics';
import type { EventDefinitions } from '@waymark/kernel';
import { erasureEvents, personEvents } from '@waymark/people';
import { appointmentEvents, attentionEvents, dischargeEvents, planEvents, referralEvents, triageEvents } from '@waymark/referral';
import { configurationEvents } from '@waymark/rules';
import { practitionerEvents } from '@waymark/workforce';

export const eventDefinitions: EventDefinitions = {
  ...referralEvents,
  ...triageEvents,
  ...appointmentEvents,
  ...planEvents,
  ...dischargeEvents,
  ...attentionEvents,
  ...personEvents,
  ...erasureEvents,
  ...clinicEvents,
  ...practitionerEvents,
  ...configurationEvents,
};
