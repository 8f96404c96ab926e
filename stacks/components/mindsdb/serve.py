"""Serves MindsDB's HTTP API, its jobs and its triggers in one process.

`python -m mindsdb` runs each of them in a process of its own that imports everything again: 200 MB and several seconds
a piece, and a SIGTERM ends the first one only. This file does what its __main__ does for version 25.14, in one process.
"""

import multiprocessing
import os
import shutil
import threading


def serve():
    os.environ["MINDSDB_RUNTIME"] = "1"
    empty(os.environ["PROMETHEUS_MULTIPROC_DIR"])  # samples of processes that are gone would be counted again

    from mindsdb import __main__ as mindsdb
    from mindsdb.migrations import migrate

    mindsdb.ctx.set_default()
    mindsdb.db.init()
    migrate.migrate_to_head()
    mindsdb.validate_default_project()
    mindsdb.set_error_model_status_for_unfinished()
    mindsdb.create_permanent_integrations()
    mindsdb.clean_process_marks()

    mindsdb.db.init = lambda: None  # each part would make a pool of connections of its own
    for part in (mindsdb.start_scheduler, mindsdb.start_tasks):
        threading.Thread(target=part, daemon=True).start()
    mindsdb.start_http(False)  # until SIGTERM


def empty(folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)


if __name__ == "__main__":  # not in the processes that train models, which import this file
    multiprocessing.set_start_method("spawn", force=True)
    serve()
