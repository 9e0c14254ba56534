package workflow

// ProjectType is what kind of project it is.
type ProjectType string

// The project types.
const (
	TypeTraditional ProjectType = "traditional"
	TypeAIML        ProjectType = "ai_ml"
	TypeHybrid      ProjectType = "hybrid"
	TypeEnhancement ProjectType = "enhancement"
)

// Preset is a choice of gates.
type Preset string

// The presets.
const (
	PresetFull     Preset = "full"
	PresetStandard Preset = "standard"
	PresetSimple   Preset = "simple"
)

// Tier is a quality tier; it sets thresholds.
type Tier string

// The quality tiers.
const (
	TierMVP        Tier = "mvp"
	TierStandard   Tier = "standard"
	TierEnterprise Tier = "enterprise"
)

// DeploymentMode says whether the project is deployed anywhere.
type DeploymentMode string

// The deployment modes.
const (
	DeployLocalOnly    DeploymentMode = "local_only"
	DeployOptional     DeploymentMode = "optional"
	DeployRequired     DeploymentMode = "required"
	DeployUndetermined DeploymentMode = "undetermined"
)

// Facts are what conditions are evaluated against.
type Facts struct {
	Type           ProjectType    `json:"type"`
	DeploymentMode DeploymentMode `json:"deployment_mode"`
	Tier           Tier           `json:"tier"`
	// HasUI says whether the project has a user interface.
	HasUI bool `json:"has_ui"`
}

// Conditions is a set of facts, each with the values for which it holds, by
// the JSON names of [Facts]. All must hold. Values are compared as text.
type Conditions map[string][]string

// Phase is where a project stands.
type Phase string

// The phases.
const (
	PhaseIntake         Phase = "intake"
	PhaseAssessment     Phase = "assessment"
	PhasePlanning       Phase = "planning"
	PhaseArchitecture   Phase = "architecture"
	PhaseDesign         Phase = "design"
	PhaseDevelopment    Phase = "development"
	PhaseMLDevelopment  Phase = "ml_development"
	PhaseTesting        Phase = "testing"
	PhaseSecurityReview Phase = "security_review"
	PhaseDeployment     Phase = "deployment"
	PhaseMaintenance    Phase = "maintenance"
	PhaseBlocked        Phase = "blocked"
	PhaseCompleted      Phase = "completed"
)
