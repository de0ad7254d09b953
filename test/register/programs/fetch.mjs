/** Three requests by the fetch that is built into Node. */
for (let index = 0; index < 3; index++) {
  const response = await fetch(`${process.argv[2]}/number/${index}`, { method: 'PUT', body: 'some text' });
  console.log(response.status, await response.text());
}
