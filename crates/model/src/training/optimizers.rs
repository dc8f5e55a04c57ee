//! The optimizers of a `[training]` section.

use burn::optim::{Adam, AdamConfig, Sgd, SgdConfig, decay::WeightDecayConfig, momentum::MomentumConfig};

use super::config::TrainingConfig;

impl TrainingConfig {
    /// SGD as configured.
    pub fn sgd(&self) -> Sgd {
        let mut config = SgdConfig::new().with_weight_decay(self.burn_weight_decay());
        if self.momentum > 0.0 {
            // burn's default dampening of 0.1 would shrink every gradient.
            config = config
                .with_momentum(Some(MomentumConfig::new().with_momentum(self.momentum).with_dampening(0.0)));
        }
        config.build()
    }

    /// Adam as configured.
    pub fn adam(&self) -> Adam {
        AdamConfig::new().with_epsilon(1e-8).with_weight_decay(self.burn_weight_decay()).build()
    }

    fn burn_weight_decay(&self) -> Option<WeightDecayConfig> {
        (self.weight_decay > 0.0).then(|| WeightDecayConfig::new(self.weight_decay as f32))
    }
}
