package cmd

import "github.com/layercake-dev/layercake/core"

// The ids of records as people see and type them.

func proofID(id string) string     { return core.KindProof.Prefix() + id }
func noteID(id string) string      { return core.KindNote.Prefix() + id }
func conditionID(id string) string { return core.KindCondition.Prefix() + id }
func feedbackID(id string) string  { return core.KindFeedback.Prefix() + id }
func questionID(id string) string  { return core.KindQuestion.Prefix() + id }
func riskID(id string) string      { return core.KindRisk.Prefix() + id }
func blockerID(id string) string   { return core.KindBlocker.Prefix() + id }
