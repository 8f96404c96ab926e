"""Serves MindsDB's HTTP API, its jobs and its triggers in one process.

`python -m mindsdb` runs each of them in a process of its own that imports everything again: 200 MB and several seconds
a piece, and a SIGTERM ends the first one only. This file does what its __main__ does for version 25.14, in one process.

Models train and predict in children. MindsDB starts one more whenever all are busy, 250 MB each; here there is one, and
whoever comes second waits.
"""

import multiprocessing
import os
import shutil
import threading
import time

LONGEST_WAIT = 120  # seconds for the child to be free


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

    from mindsdb.integrations.libs.process_cache import process_cache

    one_at_a_time(process_cache)
    mindsdb.db.init = lambda: None  # each part would make a pool of connections of its own
    for part in (mindsdb.start_scheduler, mindsdb.start_tasks):
        threading.Thread(target=part, daemon=True).start()
    mindsdb.start_http(False)  # until SIGTERM


def one_at_a_time(process_cache):
    apply_async, turn = process_cache.apply_async, threading.Semaphore()

    def wait_and_apply(*args, **kwargs):
        if not turn.acquire(timeout=LONGEST_WAIT):
            raise TimeoutError("another model has been at work for too long")
        try:
            forget_broken(process_cache)
            task = apply_async(*args, **kwargs)
        except BaseException:
            turn.release()
            raise
        task.add_done_callback(lambda _: turn.release())
        return task

    process_cache.apply_async = wait_and_apply


def forget_broken(process_cache):
    """A child that was killed would be given tasks, which all fail, until nobody has asked for two minutes."""
    with process_cache._lock:
        for name, engine in list(process_cache.cache.items()):
            engine["processes"] = [process for process in engine["processes"] if not process.pool._broken]
            if not engine["processes"]:
                del process_cache.cache[name]


def empty(folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)


def end_with(parent):
    """A server that is killed cannot end its child, which would keep its 250 MB for good."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


if __name__ == "__main__":  # not in the processes that train models, which import this file
    multiprocessing.set_start_method("spawn", force=True)
    serve()
elif __name__ == "__mp_main__":  # in those
    threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
