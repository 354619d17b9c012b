#!/bin/sh
# log in, then look around
set -e
curl -sS -X POST https://shop.example.test/login \
  -H 'Content-Type: application/json' -H "X-Client: $CLIENT" \
  --data-raw $'{"user":"ann","password":"hunter2","note":"it\'s \u00e9","limit":10}' -o /dev/null
curl -s -b 'session=hunter2hunter2; theme=dark' -A 'Shop/1.0' https://shop.example.test/cart && \
curl -u ann:hunter2 -F photo=@cat.jpg\;type=image/jpeg -F title='My cat' https://shop.example.test/photos
curl -G https://shop.example.test/search -d q=shoes --data-urlencode 'sort=price & size' --frobnicate --retry 3 -m 2.5
curl -d 'a=1&b=two+words' -d token=hunter2 "https://shop.example.test/form" > out.txt
curl --json '{"n": null, "big": 12345678901234567890}' https://other.example.test/json -H 'Authorization: Bearer hunter2'
curl -I -kL --http2 --cacert ca.pem -x http://u:hunter2@proxy.test:3128 --resolve shop.example.test:443:127.0.0.1 https://shop.example.test/
echo done
