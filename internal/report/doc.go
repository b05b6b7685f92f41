// Package report makes one page of HTML of folders of results, and of sweeps of them: what was
// asked, the equation, tables with errors, curves and maps to look into, figures as they are
// printed, checks, timings and versions.
//
// A page stands alone: its policy forbids every request, its scripts and styles are in it and named
// by their hashes, and so nothing that a user has written into a config can become one. The same
// folders give the same bytes: there is no time in it but theirs.
package report
