import { derTag, encodeDer } from '../asn1/der.ts';

export const dayInMs = 86_400_000;
/** The last second that UTCTime can express: 2049-12-31T23:59:59Z. */
export const endOfUtcTime = 2_524_607_999_000;

/** A Time of RFC 5280 §4.1.2.5, from milliseconds since 1970: UTCTime through 2049, GeneralizedTime after that. */
export function encodeTime(ms: number): Uint8Array {
  const day = Math.floor(ms / dayInMs);
  const seconds = Math.floor((ms - day * dayInMs) / 1000);
  const date = dateOfDay(day);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const digits = [date.month, date.day, ...clock].map((part) => String(part).padStart(2, '0')).join('');
  const isUtcTime = date.year >= 1950 && date.year < 2050;
  const year = isUtcTime ? String(date.year % 100).padStart(2, '0') : String(date.year).padStart(4, '0');
  const text = new TextEncoder().encode(`${year}${digits}Z`);
  return encodeDer(isUtcTime ? derTag.utcTime : derTag.generalizedTime, text);
}

/**
 * The Gregorian date of a day since 1970-01-01. Years are counted from March, so that the leap day is their last one;
 * the calendar repeats after 146,097 days, which are 400 years.
 */
function dateOfDay(day: number): { readonly year: number; readonly month: number; readonly day: number } {
  const sinceMarch0000 = day + 719_468;
  const era = Math.floor(sinceMarch0000 / 146_097);
  const dayOfEra = sinceMarch0000 - era * 146_097;
  const leapDays =
    Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  };
}
