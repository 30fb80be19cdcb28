"""Visitors of a small web shop, over loopback: a real nginx writes FOLDER/recorded.log, which is ../access.log.

    python3 traffic.py FOLDER [LINES]

Each visitor has its own loopback source address and comes in sessions: a few seconds between
requests, more than a minute between visits. A crawler, a scanner, a monitor and an importer keep
their own rhythm. It takes about fifteen minutes, because nginx stamps the lines with the real time.
"""

import asyncio
import random
import shutil
import subprocess
import sys
from pathlib import Path

PORT = 18080
BROWSERS = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/130.0.0.0 Mobile",
]
PAGES = ["/", "/products/", "/about.html", "/contact.html", "/login"]
ASSETS = ["/style.css", "/shop.js", "/logo.png"]


def build_site(root: Path) -> None:
    www = root / "www"
    for folder in ["products", "img", "admin", "private", "downloads"]:
        (www / folder).mkdir(parents=True, exist_ok=True)
    for folder in ["body", "proxy", "fastcgi", "uwsgi", "scgi"]:
        (root / "tmp" / folder).mkdir(parents=True, exist_ok=True)
    rng = random.Random(7)
    for name, size in [("index.html", 4210), ("about.html", 1875), ("contact.html", 912), ("login", 1330),
                       ("style.css", 8123), ("shop.js", 21877), ("logo.png", 5310), ("admin/index.html", 700),
                       ("private/notes.txt", 300), ("products/index.html", 9120), ("downloads/catalogue.png", 90000)]:
        (www / name).write_bytes(rng.randbytes(size // 2) + b"x" * (size // 2))
    for number in range(1, 81):
        (www / f"products/{number}.html").write_bytes(b"p" * rng.randint(1500, 6000))
        (www / f"img/{number}.png").write_bytes(rng.randbytes(rng.randint(2000, 30000)))
    (root / "staff.htpasswd").write_text("staff:{PLAIN}shop\n")


async def request(client: str, agent: str, method: str, path: str, referer: str = "-", extra: str = "", hurry: bool = False) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT, local_addr=(client, 0))
    head = f"{method} {path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nUser-Agent: {agent}\r\n"
    head += f"Referer: {referer}\r\n" if referer != "-" else ""
    writer.write((head + extra + "\r\n").encode())
    await writer.drain()
    await (reader.read(200) if hurry else reader.read(-1))
    writer.close()


class Shop:
    def __init__(self, log: Path, lines: int) -> None:
        self.log, self.lines = log, lines

    def closed(self) -> bool:
        return self.log.exists() and self.log.read_bytes().count(b"\n") >= self.lines

    async def visitor(self, number: int, stop: asyncio.Event) -> None:
        rng = random.Random(number)
        client = f"127.{10 + number // 50}.{number % 7}.{1 + number}"
        agent = rng.choice(BROWSERS)
        await asyncio.sleep(rng.uniform(0, 120))
        while not stop.is_set():
            page = rng.choice(PAGES)
            for asset in [page, *ASSETS]:
                fresh = rng.random() < 0.3
                await request(client, agent, "GET", asset, extra="If-Modified-Since: Tue, 19 Jan 2038 03:14:07 GMT\r\n" if fresh else "")
            for _ in range(rng.randint(1, 9)):
                product = int(rng.triangular(1, 80, 8))
                back = f"http://shop{page}"
                await request(client, agent, "GET", f"/products/{product}.html", back)
                page = f"/products/{product}.html"
                kind = rng.random()
                if kind < 0.6:
                    await request(client, agent, "GET", f"/img/{product}.png", f"http://shop{page}")
                elif kind < 0.75:
                    await request(client, agent, "GET", f"/api/search?q={rng.choice(['lamp', 'chair', 'desk', 'rug'])}", f"http://shop{page}")
                elif kind < 0.82:
                    await request(client, agent, "GET", f"/products/{product + 100}.html", f"http://shop{page}")
                elif kind < 0.87:
                    await request(client, agent, "GET", rng.choice(["/old-shop", "/basket"]), f"http://shop{page}")
                elif kind < 0.91:
                    await request(client, agent, "POST", "/api/orders", f"http://shop{page}", "Content-Length: 0\r\n")
                elif kind < 0.94:
                    await request(client, agent, "GET", "/api/stock", f"http://shop{page}")
                elif kind < 0.96:
                    await request(client, agent, "GET", "/downloads/catalogue.png", f"http://shop{page}", hurry=True)
                elif kind < 0.98:
                    await request(client, agent, "GET", "/downloads/catalogue.png", f"http://shop{page}", "Range: bytes=0-999\r\n")
                else:
                    await request(client, agent, "GET", rng.choice(["/admin/", "/private/notes.txt", "/api/limited"]))
                await asyncio.sleep(rng.expovariate(1 / 4))
            await asyncio.sleep(rng.uniform(70, 300))

    async def robot(self, client: str, agent: str, method: str, paths: list[str], pause: float, stop: asyncio.Event) -> None:
        rng = random.Random(client)
        while not stop.is_set():
            await request(client, agent, method, rng.choice(paths))
            await asyncio.sleep(rng.uniform(0.5, 1.5) * pause)

    async def open(self) -> None:
        stop = asyncio.Event()
        crawl = [f"/products/{n}.html" for n in range(1, 90)] + PAGES
        people = [self.visitor(n, stop) for n in range(120)]
        robots = [
            self.robot("127.66.0.1", "Googlebot/2.1 (+http://www.google.com/bot.html)", "GET", crawl, 2.5, stop),
            self.robot("127.66.0.2", "bingbot/2.0", "GET", crawl, 4.0, stop),
            self.robot("127.99.9.9", "masscan/1.3", "GET", ["/.env", "/wp-login.php", "/.git/config", "/phpmyadmin/"], 6.0, stop),
            self.robot("127.0.0.50", "kube-probe/1.37", "HEAD", ["/"], 10.0, stop),
            self.robot("127.50.0.3", "curl/7.88.1", "PUT", ["/api/orders"], 20.0, stop),
        ]
        tasks = [asyncio.create_task(job) for job in people + robots]
        while not self.closed():
            await asyncio.sleep(1)
        stop.set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def main() -> None:
    root, lines = Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    build_site(root)
    shutil.copy(Path(__file__).with_name("nginx.conf"), root / "nginx.conf")
    server = subprocess.Popen(["nginx", "-p", str(root), "-c", "nginx.conf", "-e", "error.log"])
    try:
        asyncio.run(Shop(root / "access.log", lines).open())
    finally:
        server.terminate()
        server.wait()
    written = (root / "access.log").read_text().splitlines(keepends=True)[:lines]
    (root / "recorded.log").write_text("".join(written))


main()
