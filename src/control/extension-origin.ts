/**
 * The origin of the browser extension in `extension/`, whose manifest fixes its id by a `key`. Requests of it are let in;
 * like all others they need the token.
 */
export const extensionOrigin = 'chrome-extension://ehjecbgffgcdnccclhbfbgmmghgflmeo';
