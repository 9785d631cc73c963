"""Agreement between the processes that train together."""

from __future__ import annotations

import tensorflow as tf

from training.errors import FittingFailed


class Workers:
    """The processes that train together.

    All processes must call the same methods in the same order, because each call waits for all of them.
    """

    def agree(self, value: float) -> float:
        """Return the highest value that any process passed."""
        if tf.distribute.get_strategy().num_replicas_in_sync == 1:
            return value
        return float(self._highest(tf.constant(value, tf.float64)))

    def check_together(self, step: int) -> None:
        """Check that all processes are at the same step; otherwise they would wait for each other for ever.

        Args:
            step: number of steps that this process has done, over the whole training.

        Raises:
            FittingFailed: if another process has done more or fewer.
        """
        highest, lowest = self.agree(step), -self.agree(-step)  # both before any process raises
        if highest != lowest:
            raise FittingFailed("the workers continue from different steps; start all with a new --run-dir")

    @tf.function(input_signature=[tf.TensorSpec([], tf.float64)])
    def _highest(self, value: tf.Tensor) -> tf.Tensor:
        def of_all() -> tf.Tensor:
            return tf.reduce_max(tf.distribute.get_replica_context().all_gather(value[None], axis=0))

        strategy = tf.distribute.get_strategy()
        return strategy.experimental_local_results(strategy.run(of_all))[0]
