"""What the processes that train together must agree on."""

from __future__ import annotations

import tensorflow as tf

from training.errors import FittingFailed


class Workers:
    """The processes that train together; all must ask the same, in the same order, for they wait for it."""

    def agree(self, value: float) -> float:
        """The highest of this value over all of them."""
        if tf.distribute.get_strategy().num_replicas_in_sync == 1:
            return value
        return float(self._highest(tf.constant(value, tf.float64)))

    def check_together(self, step: int) -> None:
        """Check that all are at the same step, or they would wait for each other for ever.

        Args:
            step: the steps that this one has done, counted over the whole training.

        Raises:
            FittingFailed: when another has done more or fewer.
        """
        highest, lowest = self.agree(step), -self.agree(-step)  # both, before anyone leaves
        if highest != lowest:
            raise FittingFailed("the workers continue from different steps; start all with a new --run-dir")

    @tf.function(input_signature=[tf.TensorSpec([], tf.float64)])
    def _highest(self, value: tf.Tensor) -> tf.Tensor:
        def of_all() -> tf.Tensor:
            return tf.reduce_max(tf.distribute.get_replica_context().all_gather(value[None], axis=0))

        strategy = tf.distribute.get_strategy()
        return strategy.experimental_local_results(strategy.run(of_all))[0]
