# leak: lists the folder that holds the secret. Escape: LEAK with the names in it.
import glob
import os
import pathlib

folder = '@SECRET_DIR@'
for way in (
    lambda: os.listdir(folder),
    lambda: [entry.name for entry in os.scandir(folder)],
    lambda: [str(p) for p in pathlib.Path(folder).iterdir()],
    lambda: glob.glob(folder + '/*'),
    lambda: list(os.walk(folder)),
    lambda: os.listdir(os.open(folder, os.O_RDONLY)),
):
    try:
        names = way()
    except (OSError, TypeError):
        continue
    if names:
        raise Exception('LEAK:' + str(names)[:60])
