package validation

// Claims lists what can be run, in the order of the talk.
var Claims = []Claim{
	discreteLemmaClaim,
	almostSureClaim,
	limitDependsOnStartClaim,
	continuumLimitClaim,
	sdeDensityClaim,
	momentsClaim,
	integrabilityClaim,
	invariantClaim,
	noInvariantClaim,
	flatnessClaim,
	agmClaim,
	hardyPoincareClaim,
	decayQuadraticClaim,
	noGapClaim,
	exactKernelsClaim,
	logSingularClaim,
	liouvilleClaim,
	flatMinimumClaim,
	metastableClaim,
	escapePowerLawClaim,
	studentTailClaim,
}
