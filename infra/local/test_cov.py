"""What `make cov` makes of LLVM's numbers."""

from __future__ import annotations

import cov
import pytest


def file(name: str, covered: int, count: int) -> dict:
    return {"filename": f"/home/somebody/orderflow/{name}", "summary": {"lines": {"covered": covered, "count": count, "percent": 100 * covered / count}}}


# req: S2-102
def test_it_fails_below_the_limit_and_names_what_is_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    files = [file("shared/domain/src/money.rs", 170, 200), file("shared/app/src/apply.rs", 85, 100), file("functions/ask/src/lib.rs", 0, 1_000)]
    assert cov.report(files) == 0, "85 % of shared/ is enough, and functions are not of it"
    printed = capsys.readouterr().out
    assert "    30 lines not run   85.0 %  shared/domain/src/money.rs" in printed
    assert printed.splitlines()[-1].split() == ["shared", "85.0", "%", "255", "of", "300", "lines"]
    files[0] = file("shared/domain/src/money.rs", 169, 200)
    assert cov.report(files) == 1
    assert "less than 85 %" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        cov.report([file("functions/ask/src/lib.rs", 1, 1)])
