import { given, type Decided } from '@waymark/kernel/testing';
import { fold, type DomainEvent } from '@waymark/kernel';
import { holderOf, person, type PersonCommand, type PersonEvent } from './person';

const personId = '0b3c1f7e-0000-5000-8000-000000000001';
const first = { referralId: '0b3c1f7e-0000-5000-8000-00000000000a', reference: 'AAAA-AAAA-AAAA' };
const second = { referralId: '0b3c1f7e-0000-5000-8000-00000000000b', reference: 'BBBB-BBBB-BBBB' };
const third = { referralId: '0b3c1f7e-0000-5000-8000-00000000000c', reference: 'CCCC-CCCC-CCCC' };

const identified: PersonEvent = { type: 'PersonIdentified', data: { personId } };
const claimed = (claim: typeof first, separateNeed = false): PersonEvent => ({ type: 'NeedClaimed', data: { ...claim, separateNeed } });
const released = ({ referralId }: typeof first): PersonEvent => ({ type: 'NeedReleased', data: { referralId } });
const claim = (by: typeof first, separateNeed = false): PersonCommand => ({ kind: 'claim-need', ...by, separateNeed });
const release = ({ referralId }: typeof first): PersonCommand => ({ kind: 'release-need', referralId });
const takeOver = (from: typeof first, by: typeof first): PersonCommand => ({ kind: 'take-over-need', from: from.referralId, ...by });

const when = (command: PersonCommand, ...events: DomainEvent[]): Decided<PersonEvent> => given(person, events).when(command, { personId });
const holderAfter = (...events: DomainEvent[]) => holderOf(fold(person, events));

describe('the need of a person', () => {
  it('is claimed by their first referral, which also says that they are known', () => {
    when(claim(first)).then([identified, claimed(first)]);
  });

  it('is claimed again by nobody else while it is held, and the holder can be named', () => {
    when(claim(second), identified, claimed(first)).thenRejected('need-already-claimed');
    expect(holderAfter(identified, claimed(first))).toEqual(first);
  });

  it('is not claimed twice by the same referral', () => {
    when(claim(first), identified, claimed(first)).thenNothing();
  });

  it('is free again when its referral has ended, for a person who is known already', () => {
    when(claim(second), identified, claimed(first), released(first)).then([claimed(second)]);
  });

  it('stays with its holder when a referral for a separate need comes', () => {
    when(claim(second, true), identified, claimed(first)).then([claimed(second, true)]);
    expect(holderAfter(identified, claimed(first), claimed(second, true))).toEqual(first);
  });

  it('is not claimed twice by the referral for a separate need either', () => {
    when(claim(second, true), identified, claimed(first), claimed(second, true)).thenNothing();
  });

  it('is held by a referral for a separate need when that is the only open one', () => {
    expect(holderAfter(identified, claimed(first, true))).toEqual(first);
    expect(holderAfter(identified, claimed(first), claimed(second, true), released(first))).toEqual(second);
    when(claim(third), identified, claimed(first), claimed(second, true), released(first)).thenRejected('need-already-claimed');
  });
});

describe('the release of a need', () => {
  it('is recorded when its referral ends', () => {
    when(release(first), identified, claimed(first)).then([released(first)]);
  });

  it('is nothing to do for a referral that holds none', () => {
    when(release(second), identified, claimed(first)).thenNothing();
    when(release(first), identified, claimed(first), released(first)).thenNothing();
    when(release(first)).thenNothing();
  });
});

describe('taking over the need of a referral that has ended', () => {
  it('releases the ended one and claims for the newcomer at once', () => {
    when(takeOver(first, second), identified, claimed(first)).then([released(first), claimed(second)]);
  });

  it('is a plain claim when the release was recorded meanwhile', () => {
    when(takeOver(first, second), identified, claimed(first), released(first)).then([claimed(second)]);
  });

  it('is refused when somebody else was first', () => {
    when(takeOver(first, third), identified, claimed(first), released(first), claimed(second)).thenRejected('need-already-claimed');
  });

  it('is done once', () => {
    when(takeOver(first, second), identified, claimed(first), released(first), claimed(second)).thenNothing();
  });
});
