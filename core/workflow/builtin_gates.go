package workflow

import "slices"

// The built-in gates.
const (
	gateScope          = "G1"
	gatePRD            = "G2"
	gateArchitecture   = "G3"
	gateDesign         = "G4"
	gateDevelopment    = "G5"
	gateTesting        = "G6"
	gateSecurity       = "G7"
	gatePreDeployment  = "G8"
	gatePostDeployment = "G9"
	gateE1             = "E1"
	gateE2             = "E2"
	gateE3             = "E3"
)

// The roles that the built-in gates name.
const (
	roleOrchestrator = "orchestrator"
	roleProduct      = "product-manager"
	roleArchitect    = "architect"
	roleDesigner     = "ux-ui-designer"
	roleFrontend     = "frontend-developer"
	roleBackend      = "backend-developer"
	roleData         = "data-engineer"
	roleML           = "ml-engineer"
	rolePrompt       = "prompt-engineer"
	roleEvaluator    = "model-evaluator"
	roleQA           = "qa-engineer"
	roleSecurity     = "security-privacy-engineer"
	roleDevOps       = "devops-engineer"
	roleAIOps        = "aiops-engineer"
)

// builtinGateIDs lists the ids of all built-in gates, in order.
func builtinGateIDs() []string {
	return []string{
		gateScope, gateE1, gateE2, gateE3, gatePRD, gateArchitecture, gateDesign,
		gateDevelopment, gateTesting, gateSecurity, gatePreDeployment, gatePostDeployment,
	}
}

// allGates returns every built-in gate as it is for projects of one type, in
// order. G3's transitions depend on the preset and are filled in by the caller.
func allGates(projectType ProjectType) []Gate {
	return slices.Concat(
		planningGates(projectType),
		enhancementGates(),
		buildingGates(projectType),
		deploymentGates(projectType),
	)
}

// planningGates are G1 to G4.
func planningGates(projectType ProjectType) []Gate {
	specs := []Deliverable{
		{ID: "architecture", Title: "Architecture", Path: "docs/ARCHITECTURE.md", Role: roleArchitect, Kind: KindDocument},
		{ID: "specifications", Title: "Specifications", Path: "docs/specs/", Role: roleArchitect, Kind: KindSpecification},
	}
	if withAI(projectType) {
		specs = append(specs, Deliverable{
			ID: "ai-design", Title: "Data, models and prompts", Path: "docs/AI_DESIGN.md", Role: roleML, Kind: KindDocument,
		})
	}
	return []Gate{
		{
			ID: gateScope, Title: "Scope", Question: "Approve the scope?", Phase: PhaseIntake,
			Next:         []Transition{{To: PhasePlanning}},
			Roles:        []string{roleOrchestrator},
			Deliverables: []Deliverable{intakeDeliverable()},
		},
		{
			ID: gatePRD, Title: "Product requirements", Question: "Approve the product requirements?", Phase: PhasePlanning,
			Next:   []Transition{{To: PhaseArchitecture}},
			Roles:  []string{roleProduct},
			Proofs: requiresAll(ProofPRDReview),
			Deliverables: append([]Deliverable{
				{ID: "prd", Title: "Product requirements", Path: "docs/PRD.md", Role: roleProduct, Kind: KindDocument},
				{ID: "user-stories", Title: "User stories", Path: "docs/USER_STORIES.md", Role: roleProduct, Kind: KindDocument},
			}, trackingFor(gatePRD)...),
		},
		{
			ID: gateArchitecture, Title: "Architecture", Question: "Approve the architecture and lock the specifications?", Phase: PhaseArchitecture,
			Roles:        []string{roleArchitect},
			Proofs:       requiresAll(ProofSpecValidation),
			Deliverables: append(specs, trackingFor(gateArchitecture)...),
		},
		{
			ID: gateDesign, Title: "Design", Question: "Approve the design?", Phase: PhaseDesign,
			Next:   []Transition{{To: PhaseDevelopment}},
			Roles:  []string{roleDesigner},
			Proofs: requiresAll(ProofDesignOptions, ProofUserSelection),
			Deliverables: []Deliverable{
				{ID: "design-system", Title: "Design system", Path: "docs/design/DESIGN_SYSTEM.md", Role: roleDesigner, Kind: KindDesign},
				{ID: "mockups", Title: "Mockups", Path: "docs/design/mockups/", Role: roleDesigner, Kind: KindDesign},
			},
			AppliesWhen: Conditions{factHasUI: {"true"}},
		},
	}
}

// intakeDeliverable is what both ways of starting a project write first.
func intakeDeliverable() Deliverable {
	return Deliverable{ID: "intake", Title: "Intake", Path: "docs/INTAKE.md", Role: roleOrchestrator, Kind: KindDocument}
}

// enhancementGates are E1 to E3.
func enhancementGates() []Gate {
	return []Gate{
		{
			ID: gateE1, Title: "Enhancement scope", Question: "Confirm the scope of the work?", Phase: PhaseIntake,
			Next:         []Transition{{To: PhaseAssessment}},
			Roles:        []string{roleOrchestrator},
			Deliverables: []Deliverable{intakeDeliverable()},
		},
		{
			ID: gateE2, Title: "Assessment", Question: "Approve the recommendation of the assessment?", Phase: PhaseAssessment,
			Next:   []Transition{{To: PhasePlanning}},
			Roles:  []string{roleOrchestrator},
			Proofs: requiresAll(ProofAssessmentReport),
			Deliverables: []Deliverable{
				{ID: "assessment", Title: "Assessment", Path: "docs/ASSESSMENT.md", Role: roleOrchestrator, Kind: KindReport},
			},
		},
		{
			ID: gateE3, Title: "Enhancement plan", Question: "Approve the plan?", Phase: PhasePlanning,
			Next:  []Transition{{To: PhaseDevelopment}, {To: PhaseSecurityReview}},
			Roles: []string{roleOrchestrator},
			Deliverables: []Deliverable{
				{ID: "enhancement-plan", Title: "Enhancement plan", Path: "docs/ENHANCEMENT_PLAN.md", Role: roleOrchestrator, Kind: KindDocument},
			},
		},
	}
}

// buildingGates are G5 to G7.
func buildingGates(projectType ProjectType) []Gate {
	builders := []string{roleFrontend, roleBackend}
	testers := []string{roleQA}
	quality := requiresAll(ProofTestOutput, ProofCoverageReport)
	results := []Deliverable{
		{ID: "test-plan", Title: "Test plan", Path: "docs/testing/TEST_PLAN.md", Role: roleQA, Kind: KindDocument},
		{ID: "test-results", Title: "Test results", Path: "docs/testing/TEST_RESULTS.md", Role: roleQA, Kind: KindReport},
	}
	if withAI(projectType) {
		builders = append(builders, roleData, roleML, rolePrompt)
		testers = append(testers, roleEvaluator)
		quality = append(quality, requires(ProofEvalReport))
		results = append(results, Deliverable{
			ID: "eval-results", Title: "Evaluation results", Path: "docs/testing/EVAL_RESULTS.md", Role: roleEvaluator, Kind: KindReport,
		})
	}
	return []Gate{
		{
			ID: gateDevelopment, Title: "Feature acceptance", Question: "Accept the features?", Phase: PhaseDevelopment,
			Next:   []Transition{{To: PhaseTesting}},
			Roles:  builders,
			Proofs: requiresAll(ProofBuildOutput, ProofLintOutput, ProofTestOutput),
			Deliverables: []Deliverable{
				{ID: "code", Title: "Code", Role: roleBackend, Kind: KindCode},
			},
		},
		{
			ID: gateTesting, Title: "Quality sign-off", Question: "Sign off the quality?", Phase: PhaseTesting,
			Next:         []Transition{{To: PhaseSecurityReview}},
			Roles:        testers,
			Proofs:       quality,
			Deliverables: results,
		},
		{
			ID: gateSecurity, Title: "Security acceptance", Question: "Accept the security posture?", Phase: PhaseSecurityReview,
			// Deployment asks for a stated mode, so that local_only is the only
			// way around it.
			Next: []Transition{
				{To: PhaseDeployment, When: deployed()},
				{To: PhaseMaintenance, When: Conditions{factDeploymentMode: {string(DeployLocalOnly)}}},
			},
			Roles:  []string{roleSecurity},
			Proofs: requiresAll(ProofSecurityScan),
			Deliverables: []Deliverable{
				{ID: "security-report", Title: "Security report", Path: "docs/SECURITY_REPORT.md", Role: roleSecurity, Kind: KindReport},
			},
		},
	}
}

// deploymentGates are G8 and G9.
func deploymentGates(projectType ProjectType) []Gate {
	operators := []string{roleDevOps}
	if withAI(projectType) {
		operators = append(operators, roleAIOps)
	}
	return []Gate{
		{
			ID: gatePreDeployment, Title: "Go or no-go", Question: "Go ahead with the deployment?", Phase: PhaseDeployment,
			Roles:  operators,
			Proofs: requiresAll(ProofDeploymentLog, ProofSmokeTest),
			Deliverables: []Deliverable{
				{ID: "deployment-guide", Title: "Deployment guide", Path: "docs/DEPLOYMENT.md", Role: roleDevOps, Kind: KindDocument},
			},
			AppliesWhen: deployed(),
		},
		{
			ID: gatePostDeployment, Title: "Production acceptance", Question: "Accept what runs in production?", Phase: PhaseDeployment,
			Next:   []Transition{{To: PhaseMaintenance}},
			Roles:  slices.Clone(operators),
			Proofs: requiresAll(ProofDeploymentLog, ProofSmokeTest, ProofManualVerification),
			Deliverables: []Deliverable{
				{ID: "deployment-report", Title: "Deployment report", Path: "docs/DEPLOYMENT_REPORT.md", Role: roleDevOps, Kind: KindReport},
			},
			AppliesWhen: deployed(),
		},
	}
}

// deployed holds for projects that are, or may yet be, deployed.
func deployed() Conditions {
	return Conditions{factDeploymentMode: {string(DeployOptional), string(DeployRequired), string(DeployUndetermined)}}
}
