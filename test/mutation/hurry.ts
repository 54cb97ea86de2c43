import fc from 'fast-check';

// That a property fails is enough; which is the smallest value that it fails for would take most of the time.
fc.configureGlobal({ endOnFailure: true });
