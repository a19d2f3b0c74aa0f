/** Invented names: of people, of the streets they live in, and of those who refer them. */
export const GIVEN_NAMES = {
  female: 'Ada Beatrix Delyth Esme Farah Gwen Ines Lowri Mabel Nadia Parveen Rosa Tamsin Vera Winifred Zofia Olwen Iris Maud Shanice'.split(
    ' ',
  ),
  male: 'Amir Bryn Chidi Hamza Jasper Kofi Owen Quentin Stanley Umar Yusuf Idris Percy Emlyn Tobias Ravi Cedric Dafydd Leopold Piotr'.split(
    ' ',
  ),
} as const;

export const FAMILY_NAMES = (
  'Abernathy Achebe-Lane Bannerjee Calloway Dragomir Ellerby Featherstonehaugh Gable Hartnoll Iqbal-Shaw Jessop Kowalczyk ' +
  'Llewellyn-Price Marchbanks Nwosu Oakeshott Pemberton Quayle Rutherglen Sandhu Thistlewood Underhill Vasquez Wetherby Yarrow ' +
  'Ashdown Brackley Coverdale Dunmore Fothergill'
).split(' ');

export const STREETS = ['High Street', 'Quay Lane', 'Elm Road', 'Marsh Walk', 'St Brannock Hill', 'Harbour View', 'Old Mill Close'];

export type PracticeCode = 'A99991' | 'A99992' | 'A99993' | 'A99994' | 'A99995';

export const GENERAL_PRACTITIONERS: Readonly<Record<PracticeCode, readonly [string, ...string[]]>> = {
  A99991: ['Dr Mensah', 'Dr Holloway'],
  A99992: ['Dr Sutcliffe-Rao', 'Dr Penhale'],
  A99993: ['Dr Brannigan', 'Dr Osei'],
  A99994: ['Dr Marsh', 'Dr Tolland'],
  A99995: ['Dr Quist', 'Dr Varga'],
};

export const PROFESSIONALS = [
  { name: 'Priya Nair', role: 'nurse' },
  { name: 'Lewis Grant', role: 'recovery-practitioner' },
  { name: 'Jo Pritchard', role: 'care-coordinator' },
  { name: 'Ward 4, Northbank Hospital', role: 'hospital-discharge-team' },
  { name: 'Adult social care front door', role: 'social-worker' },
] as const;
