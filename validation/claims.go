package validation

// Claims lists what can be run, in the order of the talk.
var Claims = []Claim{}
