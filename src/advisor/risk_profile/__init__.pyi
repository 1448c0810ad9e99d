from advisor.risk_profile.assessments import AssessmentHistory as AssessmentHistory
from advisor.risk_profile.assessments import HistoryLimits as HistoryLimits
from advisor.risk_profile.biases.choices import LossAversionPrior as LossAversionPrior
from advisor.risk_profile.biases.measure import measure_biases as measure_biases
from advisor.risk_profile.biases.population import bootstrap_disposition as bootstrap_disposition
from advisor.risk_profile.capacity import CapacityRules as CapacityRules
from advisor.risk_profile.coherence import Controls as Controls
from advisor.risk_profile.counterfactual import Counterfactual as Counterfactual
from advisor.risk_profile.counterfactual import smallest_change as smallest_change
from advisor.risk_profile.joint import joint_clients as joint_clients
from advisor.risk_profile.joint import joint_profiles as joint_profiles
from advisor.risk_profile.profile import level_causes as level_causes
from advisor.risk_profile.profile import profile_risk as profile_risk
from advisor.risk_profile.psychometrics.graded_response import GradedResponseModel as GradedResponseModel
from advisor.risk_profile.psychometrics.reliability import Reliability as Reliability
from advisor.risk_profile.psychometrics.reliability import omega as omega
from advisor.risk_profile.psychometrics.reliability import reliability as reliability
from advisor.risk_profile.psychometrics.reliability import spearman_brown as spearman_brown
from advisor.risk_profile.psychometrics.reliability import standard_error_of_measurement as standard_error_of_measurement

__all__ = [
    "AssessmentHistory",
    "CapacityRules",
    "Controls",
    "Counterfactual",
    "GradedResponseModel",
    "HistoryLimits",
    "LossAversionPrior",
    "Reliability",
    "bootstrap_disposition",
    "joint_clients",
    "joint_profiles",
    "level_causes",
    "measure_biases",
    "omega",
    "profile_risk",
    "reliability",
    "smallest_change",
    "spearman_brown",
    "standard_error_of_measurement",
]
