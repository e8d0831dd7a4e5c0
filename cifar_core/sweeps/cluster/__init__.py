"""A sweep on a Ray cluster: one job, in which Ray Tune queues the trials. Nothing here schedules across machines.

`job.py` and `trial.py` run on the cluster, the rest beside the store. Only the modules that need Ray import it.
"""
