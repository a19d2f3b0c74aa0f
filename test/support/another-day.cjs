/** Loaded before the program (`node --require`): its clock shows a day that lies WAYMARK_TEST_DAYS from today. */
'use strict';
const RealDate = Date;
const shift = Number(process.env.WAYMARK_TEST_DAYS) * 86_400_000;
globalThis.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length === 0 ? [RealDate.now() + shift] : given));
  }
  static now() {
    return RealDate.now() + shift;
  }
};
